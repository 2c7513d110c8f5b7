"""The park's office: cashiers, leads, accountants and technicians, each acting through the centre's
services."""
