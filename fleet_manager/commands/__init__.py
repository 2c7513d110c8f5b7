"""The commands of `fleet-manager`: they read arguments, call the rooms beside, and print."""
