"""Values and pure functions of them: no Qt, no global state, no clock."""
