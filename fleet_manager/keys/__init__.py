"""Keep private keys, issue certificates, sign key sets with root keys."""
