"""Real Debian boards, booted with their own systemd, and a park that Ansible makes on them."""
