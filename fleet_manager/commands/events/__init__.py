"""Commands about what is told to others: webhooks, and figures for Prometheus."""
