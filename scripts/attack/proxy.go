package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"time"
)

// proxy answers the requests of the program in place of the mirrors. The program finds
// it through the environment variables for proxies, and trusts its certificates through
// SSL_CERT_FILE. It does not use the network.
type proxy struct {
	answer   http.HandlerFunc
	server   *httptest.Server
	key      *ecdsa.PrivateKey
	root     *x509.Certificate
	writing  sync.Mutex
	requests map[string]int // by URL
}

// newProxy starts a proxy with the given answer, and makes the program of the try use it.
func (a *attempt) newProxy(answer http.HandlerFunc) *proxy {
	p := &proxy{answer: answer, requests: make(map[string]int)}
	var err error
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		panic(err)
	}
	p.root = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "attack"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	p.server = httptest.NewServer(http.HandlerFunc(p.serve))
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.sign(p.root)})
	path := filepath.Join(a.dir, "certificate.pem")
	write(path, certificate)
	for _, variable := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		a.env = append(a.env, variable+"="+p.server.URL)
	}
	a.env = append(a.env, "NO_PROXY=", "no_proxy=", "SSL_CERT_FILE="+path)
	return p
}

func (p *proxy) close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

// sign returns a signed certificate in DER form.
func (p *proxy) sign(c *x509.Certificate) []byte {
	der, err := x509.CreateCertificate(rand.Reader, c, p.root, &p.key.PublicKey, p.key)
	if err != nil {
		panic(err)
	}
	return der
}

// serve answers http requests. For an https request, it is the server of the connection.
func (p *proxy) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		p.count(r, r.URL.Host)
		p.answer(w, r)
		return
	}
	host, _, _ := net.SplitHostPort(r.Host)
	raw, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	raw.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
	leaf := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: p.root.NotBefore, NotAfter: p.root.NotAfter, DNSNames: []string{host}}
	connection := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{p.sign(leaf)}, PrivateKey: p.key}}})
	inner := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.count(r, host)
		p.answer(w, r)
	})}
	inner.Serve(&oneConnection{connection: connection, closed: make(chan struct{})})
}

func (p *proxy) count(r *http.Request, host string) {
	p.writing.Lock()
	defer p.writing.Unlock()
	p.requests[host+r.URL.Path]++
	r.URL.Host = host
}

// most returns the URL with the most requests, their number, and the number of
// URLs.
func (p *proxy) most() (url string, n, urls int) {
	p.writing.Lock()
	defer p.writing.Unlock()
	for u, count := range p.requests {
		if count > n {
			url, n = u, count
		}
	}
	return url, n, len(p.requests)
}

// oneConnection is a listener that accepts a single existing connection.
type oneConnection struct {
	connection net.Conn
	once       sync.Once
	closed     chan struct{}
}

func (l *oneConnection) Accept() (c net.Conn, err error) {
	l.once.Do(func() { c = &closing{l.connection, l.closed, sync.Once{}} })
	if c == nil {
		<-l.closed
		return nil, net.ErrClosed
	}
	return c, nil
}

func (l *oneConnection) Close() error   { return nil }
func (l *oneConnection) Addr() net.Addr { return l.connection.LocalAddr() }

// closing is a connection that closes a channel when it is closed.
type closing struct {
	net.Conn
	closed chan struct{}
	once   sync.Once
}

func (c *closing) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
