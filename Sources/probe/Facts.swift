import CLinux

/// Whether 0, 1 and 2 are terminals, and the size of the first.
func terminal() -> Int32 {
    for descriptor in Int32(0)..<3 { say(text(Int(descriptor)) + " " + text(Int(isatty(descriptor)))) }
    var rows: UInt16 = 0, columns: UInt16 = 0
    if hako_probe_window(0, &rows, &columns) == 0 { say(text(Int(rows)) + "x" + text(Int(columns))) }
    return 0
}

/// User, groups, capability sets, no_new_privs, umask, folder, host name.
func ids() -> Int32 {
    say("uid " + text(Int(getuid())) + " gid " + text(Int(getgid())))
    var groups = [gid_t](repeating: 0, count: 256)
    let count = getgroups(256, &groups)
    var list = "groups"
    for group in groups[0..<max(0, Int(count))] { list += " " + text(Int(group)) }
    say(list)
    let file = hako_open("/proc/self/status", O_RDONLY, 0)
    var space = [UInt8](repeating: 0, count: 8192)
    let length = max(0, read(file, &space, space.count))
    var line: [UInt8] = []
    for byte in space[0..<length] {
        if byte != 10 {
            line.append(byte)
            continue
        }
        let isWanted =
            line.starts(with: Array("Cap".utf8)) || line.starts(with: Array("NoNewPrivs".utf8))
            || line.starts(with: Array("Umask".utf8)) || line.starts(with: Array("Seccomp:".utf8))
        if isWanted { put(line + [10]) }
        line = []
    }
    var path = [CChar](repeating: 0, count: 4096)
    if getcwd(&path, 4096) != nil { say("cwd " + String(cString: path)) }
    if gethostname(&path, 4096) == 0 { say("host " + String(cString: path)) }
    say("pid " + text(Int(getpid())))
    return 0
}

/// Session, process group and whether there is a controlling terminal.
func session() -> Int32 {
    say("pid " + text(Int(getpid())) + " session " + text(Int(getsid(0))) + " group " + text(Int(getpgrp())))
    let own = hako_open("/dev/tty", O_RDWR, 0)
    say(own >= 0 ? "controlled" : "free")
    return 0
}

/// `stat PATH…`: kind and mode in octal, owner, device number, and the filesystem's magic; or the errno.
func status(_ words: [String]) -> Int32 {
    for path in words {
        var information = stat()
        guard lstat(path, &information) == 0 else {
            say(path + " errno " + text(Int(hako_errno())))
            continue
        }
        let device = Int(information.st_rdev)
        say(
            path + " mode " + octal(Int(information.st_mode)) + " owner " + text(Int(information.st_uid)) + ":"
                + text(Int(information.st_gid)) + " device " + text(device >> 8 & 0xfff) + ":" + text(device & 0xff))
    }
    return 0
}

private func octal(_ number: Int) -> String {
    let digit = String(decoding: [UInt8(48 + number % 8)], as: UTF8.self)
    return number < 8 ? digit : octal(number / 8) + digit
}

/// Leaves a child behind that sleeps, and ends.
func orphan() -> Int32 {
    if fork() == 0 {
        sleep(1000)
        return 0
    }
    return 0
}

/// `serve PORT`: answers every connection with "probe" as HTTP/1.0, one after the other.
func serve(_ port: UInt16) -> Int32 {
    let listener = hako_listen_port(port)
    guard listener >= 0 else { return failed("listen") }
    say("serving")
    while true {
        let client = hako_accept4(listener, 0)
        guard client >= 0 else { continue }
        var space = [UInt8](repeating: 0, count: 4096)
        _ = read(client, &space, space.count)
        put(Array("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nprobe\n".utf8), to: client)
        close(client)
    }
}

/// `datagrams PORT`: prints what comes.
func receiveDatagrams(_ port: UInt16) -> Int32 {
    let socket = hako_bind_datagrams(port)
    guard socket >= 0 else { return failed("bind") }
    var space = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = recv(socket, &space, space.count, 0)
        if count > 0 { put(Array(space[..<count])) }
    }
}
