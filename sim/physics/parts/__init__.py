"""Parts that several models are put together from; none of them is a model by itself."""
