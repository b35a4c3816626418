package main

import (
	"bytes"
	"os"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// TestBill reads back the bill of the test program itself.
func TestBill(t *testing.T) {
	file, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	for _, w := range []*bytes.Buffer{&first, &second} {
		if err := run(file, "v1.2.3", w); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two bills of one program differ")
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(&first, cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	if c := bom.Metadata.Component; c.Version != "v1.2.3" || len(*c.Hashes) != 1 {
		t.Errorf("the program is %+v", c)
	}
	names := make(map[string]bool)
	for _, c := range *bom.Components {
		names[c.Name] = true
		if c.Version == "" || c.PackageURL == "" {
			t.Errorf("%s has no version or address", c.Name)
		}
	}
	for _, want := range []string{"std", "github.com/CycloneDX/cyclonedx-go"} {
		if !names[want] {
			t.Errorf("%s is not in the bill", want)
		}
	}
	if err := run("main.go", "", new(bytes.Buffer)); err == nil {
		t.Error("a text file has a bill")
	}
}
