import Testing

@testable import KubeModel

@Suite struct SchemaFormatsTests {
    @Test(
        "a format takes what the original takes",
        arguments: [
            ("date", ["2024-02-29", "0001-01-01"], ["2023-02-29", "2024-2-9", "2024-13-01", ""]),
            (
                "date-time", ["2014-12-15T19:30:20.000Z", "2014-12-15t19:30:20z", "2014-12-15T19:30:20+99:99"],
                ["2014-12-15", "2014-12-15T24:00:00Z", "2014-12-15T19:30:20"]
            ),
            ("duration", ["1h30m", "-1.5s", "0", "5 minutes", "3 days"], ["", "1", "h", "soon"]),
            ("ipv4", ["10.0.0.1", "010.0.0.1"], ["10.0.0", "10.0.0.256", "::1", "10.0.0.1/8"]),
            (
                "ipv6", ["::", "::1", "fe80::1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"],
                ["1::2::3", "12345::", "1:2:3", "10.0.0.1", "1:2:3:4:5:6:7:8:9", ":1"]
            ),
            ("cidr", ["10.0.0.0/8", "::/0"], ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "::/129"]),
            (
                "uri", ["https://example.com/a?b=c", "/path", "mailto:a@b", "http://[::1]:80/"],
                ["example.com", "", "http://a b/", "http://a:x/", "://x"]
            ),
            (
                "email", ["a@b", "a.b@example.com", "Bob <bob@example.com>", "\"a b\"@c.d"],
                ["a", "a@", "@b", "a@b@c", "a..b@c", "a@b c"]
            ),
            ("hostname", ["example.com", "localhost", "a-b.example"], ["-a", "a_b", "example.c0m", "a..b"]),
            ("mac", ["01:23:45:67:89:ab", "0123.4567.89ab"], ["01:23:45:67:89", "01:23:45:67:89:zz", "x"]),
            (
                "uuid", ["123e4567-e89b-12d3-a456-426614174000", "123E4567E89B12D3A456426614174000"],
                ["123e4567", "123e4567-e89b-12d3-a456-42661417400g"]
            ),
            ("uuid4", ["123e4567-e89b-42d3-a456-426614174000"], ["123e4567-e89b-12d3-a456-426614174000"]),
            ("byte", ["YQ==", "YWI=", "YWJj"], ["", "YQ", "YQ=", "Y===", "Y-_="]),
            ("isbn", ["0321751043", "978-0321751041"], ["0321751044", "9780321751042"]),
            ("creditcard", ["4111 1111 1111 1111"], ["4111111111111112", "1"]),
            ("ssn", ["111-11-1111"], ["111111111", "1"]),
            ("hexcolor", ["#FFF", "a0b1c2"], ["#FFFF", "red"]),
            ("rgbcolor", ["rgb(0, 128,255)"], ["rgb(0,0,256)", "rgb(0,0)"]),
            ("bsonobjectid", ["507f1f77bcf86cd799439011"], ["507f", "zzzzzzzzzzzzzzzzzzzzzzzz"]),
            ("k8s-short-name", ["a-b"], ["a.b", "A", "-a"]), ("k8s-long-name", ["a-b.c"], ["a..b", ""]),
            ("password", ["", "x"], []), ("made-up", ["anything"], []),
        ])
    func formats(_ format: String, _ good: [String], _ bad: [String]) {
        for text in good { #expect(SchemaFormats.holds(format, text), "\(format) should take \(text)") }
        for text in bad { #expect(!SchemaFormats.holds(format, text), "\(format) should refuse \(text)") }
    }

    @Test(
        "floats are printed as Go prints them",
        arguments: [
            (1.0, "1", "1"), (0.1, "0.1", "0.1"), (-2.5, "-2.5", "-2.5"),
            (1e20, "100000000000000000000", "100000000000000000000"),
            (1e21, "1e+21", "1e+21"), (1e-5, "1e-05", "0.00001"), (1.5e-7, "1.5e-07", "1.5e-7"),
            (123456789.25, "123456789.25", "123456789.25"),
            (0, "0", "0"), (1e100, "1e+100", "1e+100"), (9_007_199_254_740_993, "9007199254740992", "9007199254740992"),
        ])
    func floats(_ value: Double, _ printed: String, _ json: String) {
        #expect(GoValue.number(value) == printed)
        #expect(GoNumber.text(value) == json)
    }
}
