"""How the software gets onto boards and the centre: releases, Debian packages, Ansible."""
