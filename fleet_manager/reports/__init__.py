"""One answer about a period, and all that shows it: table, CSV, XLSX, PDF, chart."""
