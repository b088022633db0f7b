"""The pages that people read: feedback for a student, the report for the class. Everything from a student is escaped."""
