"""Looking through a store that nobody uses: is it what it says, and what to do where it is not."""
