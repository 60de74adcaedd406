"""IAM policy documents: written, read, evaluated, compared."""
