"""What every room stands on: errors, registries, arrays, knobs, compiled loops."""
