"""The park's office: cashiers, leads, accountants and technicians, each acting through the centre's
services, and the checks of what they sold, what reports told them and what the audit says."""
