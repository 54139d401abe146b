"""What every step starts from: settings, catalogue and an engine of the warehouse."""
