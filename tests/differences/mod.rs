//! What is meant to differ from util-linux; each row of the list is a test.
