package loaders

func (a *arrayFile) readParquet(d *Dataset) (*matrix, error) {
	return nil, dataErrorf("Parquet files are not read yet")
}
