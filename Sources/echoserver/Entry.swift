import CLinux

/// The program of the built-in echoserver image: answers every HTTP request with what it saw, on port 8080 or the
/// port given as first argument. As a container's first process it ends at SIGTERM, SIGINT and SIGQUIT by itself.
@_cdecl("echoserver_main")
public func entry(_ argc: Int32, _ argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    for number in [SIGTERM, SIGINT, SIGQUIT] { signal(number) { _ in _exit(0) } }
    let port = argc > 1 ? argv[1].map { Int(atoi($0)) } ?? 8080 : 8080
    guard (1...65_535).contains(port) else {
        let complaint: StaticString = "echoserver: the port is a number from 1 to 65535\n"
        _ = write(2, complaint.utf8Start, complaint.utf8CodeUnitCount)
        return 2
    }
    guard var server = Server(port: port) else {
        perror("echoserver: listen")
        return 1
    }
    server.run()
}
