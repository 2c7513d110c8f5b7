"""Store private keys, issue certificates, sign key sets with root keys."""
