// Command sbom writes the software bill of materials of a Go program, as CycloneDX 1.6 in
// JSON. It lists the modules and the Go version that the linker recorded in the binary.
//
//	go -C scripts/tools run ./sbom -version v1.2.3 /usr/local/bin/gaetrain
//
// The same binary always has the same bill: it has no time and no random number.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	version := flag.String("version", "devel", "Version of the program")
	flag.Parse()
	if err := run(flag.Arg(0), *version, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

// run writes the bill of the program in a file.
func run(file, version string, w io.Writer) error {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return err
	}
	binary, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	encoder := cdx.NewBOMEncoder(w, cdx.BOMFileFormatJSON)
	encoder.SetPretty(true)
	return encoder.EncodeVersion(bill(info, sha256.Sum256(binary), version), cdx.SpecVersion1_6)
}

// bill lists what a program was built from.
func bill(info *buildinfo.BuildInfo, digest [sha256.Size]byte, version string) *cdx.BOM {
	program := cdx.Component{
		Type: cdx.ComponentTypeApplication, Name: path.Base(info.Path), Version: version, BOMRef: "program",
		Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(digest[:])}},
	}
	settings := []cdx.Property{}
	for _, s := range info.Settings {
		settings = append(settings, cdx.Property{Name: "go:build:" + s.Key, Value: s.Value})
	}
	program.Properties = &settings
	parts := []cdx.Component{library("std", strings.TrimPrefix(info.GoVersion, "go"), "")}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		parts = append(parts, library(module.Path, module.Version, module.Sum))
	}
	var needed []string
	for _, part := range parts {
		needed = append(needed, part.BOMRef)
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &program}
	bom.Components = &parts
	bom.Dependencies = &[]cdx.Dependency{{Ref: program.BOMRef, Dependencies: &needed}}
	return bom
}

// library is a module, or std for the standard library. sum is its checksum in go.sum,
// which is not a digest of a single file.
func library(name, version, sum string) cdx.Component {
	identity := "pkg:golang/" + name + "@" + url.PathEscape(version)
	c := cdx.Component{Type: cdx.ComponentTypeLibrary, Name: name, Version: version, PackageURL: identity, BOMRef: identity}
	if sum != "" {
		c.Properties = &[]cdx.Property{{Name: "go:sum", Value: sum}}
	}
	return c
}
