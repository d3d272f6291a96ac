//! Deliberately faulty files, and what is said of them.
