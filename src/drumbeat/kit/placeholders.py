"""Who mail is from until somebody says: fit for the sandbox, refused by every real messenger."""

EMAIL = "news@sandbox.invalid"
NAME = "Drumbeat Sandbox"
POSTAL_ADDRESS = "1 Sandbox Street, Nowhere"
