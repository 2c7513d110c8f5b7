"""`ticket`: sell, hand out, find and change tickets."""
