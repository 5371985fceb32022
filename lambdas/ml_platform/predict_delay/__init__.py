"""The prediction API: from a request that API Gateway lets through to the endpoint, and back."""
