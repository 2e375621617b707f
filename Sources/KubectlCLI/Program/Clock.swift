import CommandLine

/// The wall clock, by the type of the command line's module, which another module's type of the same name hides
/// elsewhere.
enum Clock {
    static var now: Timestamp { .now() }
}
