"""What results look like to people: values in, text out, nothing printed."""
