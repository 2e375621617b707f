import CLinux

/// One failed system call: which, on what, and the kernel's answer (errno(3)).
package struct KernelError: Error, Equatable, CustomStringConvertible {
    package let call: String
    package let subject: String
    package let errno: Int32

    package init(call: String, subject: String, errno: Int32) {
        self.call = call
        self.subject = subject
        self.errno = errno
    }

    package var reason: String { String(cString: strerror(errno)) }
    package var description: String { "\(call)(\(subject)): \(reason)" }
}

/// The one door to the kernel: runs the call again on EINTR and turns -1 into a `KernelError`.
/// Not for close(2), where EINTR means closed.
@discardableResult
package func kernel<R: FixedWidthInteger>(
    _ call: @autoclosure () -> String, _ subject: @autoclosure () -> String, _ body: () -> R
) throws(KernelError) -> R {
    while true {
        let result = body()
        let code = hako_errno()  // read before anything can overwrite it
        if result != -1 { return result }
        if code != EINTR { throw KernelError(call: call(), subject: subject(), errno: code) }
    }
}
