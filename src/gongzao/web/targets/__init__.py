"""目标体系: the plan's targets on pages."""
