// Package browser tests the pages of gaetrain in headless Chromium.
//
// scripts/browser/run BINARY runs all tests. Each page has its own file of cases. A test fails if the page writes an error to
// the console. Screenshots are written to the folder $ARTEFACTS, or to a temporary folder whose name is printed.
package browser
