import JSON
import Testing

@testable import KubeModel

@Suite struct QuantityTests {
    @Test(
        "a quantity is written in its canonical form",
        arguments: [
            ("0", "0"), ("0Ki", "0"), ("0m", "0"), ("000", "0"), ("1", "1"), ("100m", "100m"), ("1000m", "1"),
            ("1500m", "1500m"), ("1.5", "1500m"), ("1.500", "1.500"), ("0.001", "1m"), (".5", "500m"), ("2.", "2."),
            ("1Gi", "1Gi"), ("1024Mi", "1Gi"), ("512Ki", "512Ki"), ("1025Ki", "1025Ki"), ("1.5Gi", "1536Mi"),
            ("1.1Gi", "1181116006400m"), ("0.5Ki", "512"), ("0.0001Ki", "102400u"), (".000000000001Ki", "2n"),
            ("1k", "1k"), ("1000k", "1M"), ("12e6", "12e6"), ("12E6", "12E6"), ("1200e4", "12e6"), ("1e3", "1e3"),
            ("1e-3", "1e-3"), ("1e-1", "100e-3"), ("-1", "-1"), ("-1.5", "-1500m"), ("-2048", "-2048"),
            ("+1Ki", "+1Ki"), ("1n", "1n"), ("1u", "1u"), ("0.1n", "1n"), ("100E", "100E"), ("5T", "5T"),
            ("8192P", "8192P"), ("9223372036854775807", "9223372036854775807"), ("10Ei", "9223372036854775807"),
            ("1e30", "1e30"), ("123456789012345678901", "123456789012345678901"),
            ("3.14159265358979323846", "3141592654n"),
        ])
    func canonical(_ text: String, _ expected: String) throws {
        #expect(try Quantity(parsing: text).description == expected)
    }

    @Test(
        "what is no quantity is refused with the original's sentence",
        arguments: [
            ("", QuantityError.format), ("1.1.M", .format), ("1+1.0M", .format), ("aoeu", .format), ("1 ", .format),
            ("0.1mi", .suffix), ("0.1am", .format), (".5i", .suffix), ("1i", .suffix), ("-3.01e-", .suffix),
            ("1ee3", .suffix), ("1e99999999999", .suffix), ("1Kim", .suffix), ("٣", .format),
        ])
    func refused(_ text: String, _ error: QuantityError) {
        #expect(throws: error) { try Quantity(parsing: text) }
    }

    @Test(
        "sums and differences are exact and keep the first operand's suffix",
        arguments: [
            ("1", "500m", "1500m", "500m"), ("1Gi", "1Mi", "1025Mi", "1023Mi"), ("0", "1Ki", "1Ki", "-1Ki"),
            ("100m", "100m", "200m", "0"), ("1Gi", "1m", "1073741824001m", "1073741823999m"),
            ("9223372036854775807", "1", "9223372036854775808", "9223372036854775806"),
            ("1e18", "1n", "1000000000000000000000000001e-9", "999999999999999999999999999e-9"),
        ])
    func arithmetic(_ a: String, _ b: String, _ sum: String, _ difference: String) throws {
        let (x, y) = (try Quantity(parsing: a), try Quantity(parsing: b))
        #expect((x + y).description == sum)
        #expect((x - y).description == difference)
    }

    @Test(
        "quantities compare by value, not by text",
        arguments: [
            ("1", "1000m", 0), ("1Ki", "1k", 1), ("1Ki", "1024", 0), ("-1", "1", -1), ("1e100", "1E", 1),
            ("-1e100", "-1E", -1), ("1n", "0", 1), ("999m", "1", -1), ("1e2147483647", "1e-2147483647", 1),
        ])
    func comparison(_ a: String, _ b: String, _ order: Int) throws {
        let (x, y) = (try Quantity(parsing: a), try Quantity(parsing: b))
        #expect(x.compare(to: y) == order)
        #expect(y.compare(to: x) == -order)
        #expect((x.hashValue == y.hashValue) == (order == 0))
    }

    @Test("whole units and thousandths are rounded away from zero")
    func rounding() throws {
        #expect(try Quantity(parsing: "1500m").value == 2)
        #expect(try Quantity(parsing: "-1500m").value == -2)
        #expect(try Quantity(parsing: "1.0001").milliValue == 1001)
        #expect(try Quantity(parsing: "1e30").value == Int.max)
        #expect(try Quantity(parsing: "2Gi").milliValue == 2_147_483_648_000)
        #expect(try !Quantity(parsing: "1500m").isInteger)
        #expect(try (Quantity(parsing: "250m") * 4).description == "1")
    }

    @Test("a field's value may be a string or a number")
    func fromJSON() {
        #expect(Quantity(JSON.int(5))?.description == "5")
        #expect(Quantity(JSON.number("0.5"))?.description == "500m")
        #expect(Quantity(JSON.string(" 1Gi "))?.description == "1Gi")
        #expect(Quantity(JSON.bool(true)) == nil)
    }

    @Test("sums beyond 38 digits end, and stay in order")
    func hugeSums() throws {
        let huge = try Quantity(parsing: "9e2000000000")
        #expect(huge + Quantity(milli: 1) >= huge)
        var sum = try Quantity(parsing: "1n")
        for _ in 0..<200 { sum += sum }
        #expect(sum > Quantity(Int.max))
    }
}
