"""What can be said of a text by looking at it: question types, topics, thinking, quality. Pure functions; steps are thin around them."""
