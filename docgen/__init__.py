"""What readers see, made from the code: pictures and pages."""
