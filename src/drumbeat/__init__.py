"""Drumbeat, the marketing department you run yourself."""
