import CLinux

/// Output to log and clients, stdin to the process.
extension Monitor {
    /// Takes up reading where nothing holds it back.
    func readOutput(of session: Session) {
        watch(session.output, .output(session))
        watch(session.error, .error(session))
        watchMaster(of: session)
        session.isPaused = false
    }

    private func pause(_ session: Session) {
        session.isPaused = true
        // Removed and not just masked: a hang-up is reported whatever is asked for.
        unwatch(session.output)
        unwatch(session.error)
        watchMaster(of: session)
    }

    private func watchMaster(of session: Session) {
        guard session.master >= 0 else { return }
        var events: UInt32 = session.isPaused ? 0 : EPOLLIN.rawValue
        if !session.pendingInput.isEmpty { events |= EPOLLOUT.rawValue }
        if events == 0 { unwatch(session.master) } else { watch(session.master, .master(session), events) }
    }

    private func source(_ session: Session, _ stream: UInt8) -> Int32 {
        session.master >= 0 ? (stream == 1 ? session.master : -1) : (stream == 1 ? session.output : session.error)
    }

    /// Reads a chunk, several while there is more and no client lags.
    func pump(_ session: Session, _ stream: UInt8) {
        for _ in 0..<8 {
            guard !session.isPaused, readChunk(session, stream) == scratch.capacity else { break }
        }
        if session === container { flushLog() }
        isWarm = true
    }

    /// What the log's writer doesn't take at once is sent when it does.
    func flushLog() {
        log.flush()
        guard let queue = log.queue else { return }
        if queue.isWaiting { watch(queue.descriptor, .log, EPOLLOUT.rawValue) } else { unwatch(queue.descriptor) }
    }

    /// Everything that is left, whether clients lag or not: the process is dead, so a pipe's content is all.
    func drain(_ session: Session, _ stream: UInt8) {
        while readChunk(session, stream) > 0 {}
        isWarm = true
    }

    /// Bytes read; 0 at the end, or when there is nothing now.
    private func readChunk(_ session: Session, _ stream: UInt8) -> Int {
        let descriptor = source(session, stream)
        guard descriptor >= 0 else { return 0 }
        guard let count = attempt({ read(descriptor, scratch.base, scratch.capacity) }) else {
            if hako_errno() != EAGAIN { endStream(session, stream) }  // a terminal whose last user left gives EIO
            return 0
        }
        if count == 0 {
            endStream(session, stream)
            return 0
        }
        let chunk = UnsafeBufferPointer(start: UnsafePointer(scratch.base), count: count)
        if session === container { log.take(stream, chunk, at: wallClock()) }
        var lagging = false
        for client in session.attached where !client.isGone && !client.isDeaf {
            send(client, stream, chunk)
            if !client.pending.isEmpty { lagging = true }
        }
        if lagging && session.phase != .ended { pause(session) }
        return count
    }

    private func endStream(_ session: Session, _ stream: UInt8) {
        if session.master >= 0 {
            // Before the payload has the terminal open nobody has: the end comes only after it ran.
            if session.phase == .running { drop(&session.master) } else { unwatch(session.master) }
        } else if stream == 1 {
            drop(&session.output)
        } else {
            drop(&session.error)
        }
        if session === container { log.end(stream) }
    }

    private func send(_ client: Client, _ stream: UInt8, _ chunk: UnsafeBufferPointer<UInt8>) {
        var header = PlanWriter()
        header.put(UInt32(chunk.count + 2))
        header.put(MonitorReply.output.rawValue)
        header.put(stream)
        var skip = 0
        if client.pending.isEmpty {
            var head = header.bytes
            let headCount = head.count
            let sent = head.withUnsafeMutableBytes { headSpace in
                var parts = (
                    iovec(iov_base: headSpace.baseAddress, iov_len: headCount),
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: chunk.baseAddress), iov_len: chunk.count)
                )
                return withUnsafeMutablePointer(to: &parts) { parts in
                    parts.withMemoryRebound(to: iovec.self, capacity: 2) { list in
                        attempt { writev(client.descriptor, list, 2) }
                    }
                }
            }
            if let sent {
                skip = sent
            } else if hako_errno() != EAGAIN {
                client.isDeaf = true
                return
            }
        }
        if skip == header.bytes.count + chunk.count { return }
        if skip < header.bytes.count {
            client.pending.append(contentsOf: header.bytes[skip...])
            client.pending.append(contentsOf: chunk)
        } else {
            client.pending.append(contentsOf: chunk[(skip - header.bytes.count)...])
        }
        watchClient(client)
    }

    /// A client has caught up: its session may go on when no other lags.
    func resume(_ session: Session) {
        guard session.isPaused, session.phase != .ended else { return }
        for client in session.attached where !client.pending.isEmpty && !client.isGone { return }
        readOutput(of: session)
    }

    // MARK: Stdin

    func takeInput(_ bytes: [UInt8], from client: Client) {
        guard let session = client.session, client.hasStdin, session.inputDescriptor >= 0 else { return }
        session.pendingInput.append(contentsOf: bytes)
        writeInput(of: session)
        if !session.pendingInput.isEmpty {
            client.isHeld = true
            watchClient(client)
        }
    }

    func closeInput(of session: Session) {
        if session.pendingInput.isEmpty {
            drop(&session.input)
        } else {
            session.closesInputWhenWritten = true
        }
    }

    func writeInput(of session: Session) {
        let descriptor = session.inputDescriptor
        guard descriptor >= 0 else { return }
        var offset = 0
        while offset < session.pendingInput.count {
            let left = session.pendingInput.count - offset
            let count = session.pendingInput.withUnsafeBytes { space in
                attempt { write(descriptor, space.baseAddress.map { $0 + offset }, left) }
            }
            guard let count else {
                if hako_errno() != EAGAIN {
                    session.pendingInput = []  // nobody reads it any more
                    if session.master < 0 { drop(&session.input) }
                    releaseHeld(session)
                    return
                }
                break
            }
            offset += count
        }
        session.pendingInput.removeFirst(offset)
        if session.master >= 0 {
            watchMaster(of: session)
        } else if session.pendingInput.isEmpty {
            unwatch(session.input)
        } else {
            watch(session.input, .input(session), EPOLLOUT.rawValue)
        }
        if session.pendingInput.isEmpty {
            if session.closesInputWhenWritten { drop(&session.input) }
            releaseHeld(session)
        }
    }

    private func releaseHeld(_ session: Session) {
        for client in session.attached where client.isHeld {
            client.isHeld = false
            watchClient(client)
            serveRequests(of: client)
        }
    }
}
