// Nothing is called: see icudata.c.
