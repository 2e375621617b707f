import CLinux
import Testing

@testable import Linux

@Suite struct EmbeddedProgramTests {
    @Test("a section of an ELF file is found by name, an absent one is nil")
    func sections() throws {
        let file = try OwnedDescriptor.open("/proc/self/exe", O_RDONLY)
        let interpreter = try #require(try EmbeddedProgram.read(section: ".interp", of: file))
        #expect(String(decoding: interpreter, as: UTF8.self).hasPrefix("/lib"))
        #expect(try EmbeddedProgram.read(section: ".hako_nothing", of: file) == nil)
    }

    @Test("what isn't ELF has no sections")
    func notELF() throws {
        let file = try OwnedDescriptor.open("/proc/self/status", O_RDONLY)
        #expect(try EmbeddedProgram.read(section: ".text", of: file) == nil)
    }

    @Test("a program that is nowhere is named")
    func absent() {
        #expect { try EmbeddedProgram.bytes("no-such-program") } throws: { error in
            (error as? KernelError)?.errno == ENOENT && "\(error)".contains("no-such-program")
        }
    }
}
