-- Who owes which report is read from the catalogue, whose files the warehouse keeps whole; this copy had no reader.
DROP TABLE plan.duty CASCADE;
