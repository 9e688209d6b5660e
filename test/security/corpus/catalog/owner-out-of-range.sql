UPDATE owner SET uid = -7, gid = 4294967296000
