// gVisor's TCP on a TUN device: echo on port 7, a page of 5000 octets on port 80.
//
// Usage: gvisor DEVICE IPV4 IPV6
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/link/tun"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

const head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4940\r\n\r\n"

var page = head + strings.Repeat("x", 5000-len(head))

func must(what string, failed bool, why interface{}) {
	if failed {
		fmt.Fprintln(os.Stderr, "gvisor:", what+":", why)
		os.Exit(1)
	}
}

func echo(connection net.Conn) { _, _ = io.Copy(connection, connection) }

func answer(connection net.Conn) {
	request, buffer := []byte{}, make([]byte, 65536)
	for {
		count, err := connection.Read(buffer)
		request = append(request, buffer[:count]...)
		// A line alone is a request of the oldest HTTP; a newer one ends in an empty line.
		if end := bytes.IndexByte(request, '\n'); end >= 0 &&
			(!bytes.Contains(request[:end], []byte("HTTP/")) || bytes.Contains(request, []byte("\r\n\r\n"))) {
			_, _ = io.WriteString(connection, page)
			return
		}
		if err != nil {
			return
		}
	}
}

func serve(
	s *stack.Stack, number tcpip.NetworkProtocolNumber, address tcpip.Address, port uint16, service func(net.Conn),
) {
	listener, err := gonet.ListenTCP(s, tcpip.FullAddress{NIC: 1, Addr: address, Port: port}, number)
	must("listen", err != nil, err)
	go func() {
		for {
			connection, err := listener.Accept()
			must("accept", err != nil, err)
			go func() {
				defer connection.Close()
				service(connection)
			}()
		}
	}()
}

func main() {
	must("usage", len(os.Args) != 4, "gvisor DEVICE IPV4 IPV6")
	descriptor, err := tun.Open(os.Args[1])
	must("open the device", err != nil, err)
	link, err := fdbased.New(&fdbased.Options{FDs: []int{descriptor}, MTU: 1500})
	must("attach the device", err != nil, err)
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	failure := s.CreateNIC(1, link)
	must("create the interface", failure != nil, failure)
	for _, text := range os.Args[2:] {
		address := net.ParseIP(text)
		number, octets := ipv6.ProtocolNumber, []byte(address.To16())
		if short := address.To4(); short != nil {
			number, octets = ipv4.ProtocolNumber, []byte(short)
		}
		failure = s.AddProtocolAddress(1, tcpip.ProtocolAddress{
			Protocol: number, AddressWithPrefix: tcpip.Address(octets).WithPrefix(),
		}, stack.AddressProperties{})
		must("add an address", failure != nil, failure)
		serve(s, number, tcpip.Address(octets), 7, echo)
		serve(s, number, tcpip.Address(octets), 80, answer)
	}
	s.SetRouteTable([]tcpip.Route{
		{Destination: header.IPv4EmptySubnet, NIC: 1}, {Destination: header.IPv6EmptySubnet, NIC: 1},
	})
	fmt.Println("ready")
	select {}
}
