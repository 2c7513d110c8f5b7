"""Other sellers' codes: tables, imports, exports, signers."""
