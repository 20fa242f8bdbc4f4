"""Who somebody is, which places they look after, and what they therefore may see and do."""
