"""Official documents (文书): number, date, service, remedies with their last day."""
