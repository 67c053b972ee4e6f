"""Controls that know no session."""
