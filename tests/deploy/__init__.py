"""How software gets onto machines, as far as it can be tried without booting one."""
