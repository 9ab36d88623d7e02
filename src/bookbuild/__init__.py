"""The press: executes the notebooks, verifies what they say, renders the book; knows no mathematics."""
