"""What the centre knows: counts, records of gates, incidents."""
