using System.Text;

namespace RankMyBrand.Tests.Gateway.Fuzz;

/// <summary>
/// Makes the conversations of a run: well-formed ones, hostile ones, bytes that were changed at random, and cut connections.
/// </summary>
internal static class Conversations
{
    private const string Last = "GET /echo/last HTTP/1.1\r\nHost: a\r\nX-API-Key: " + GatewayHost.Key + "\r\nConnection: close\r\n\r\n";

    /// <summary>What turns one request into another when it gets between its bytes.</summary>
    private static readonly string[] s_splices =
    [
        "\r\n", "\n", "\r", "\0", " ", "\t", ":", ";", ",", "%", "%00", "%2e%2e%2f", "%252e", "..", "/", "//", "\\", "#", "?", "@",
        "\u0080", "\u00ff", "0", "-1", "\r\n\r\n", "0\r\n\r\n", "5\r\nhello\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n",
        "Content-Length: 0\r\n", "Host: b\r\n", "Expect: 100-continue\r\n", "Upgrade: websocket\r\n", "Connection: upgrade\r\n",
        "X-Tenant-ID: evil\r\n", "X_Tenant_ID: evil\r\n", "HTTP/1.0", "HTTP/1.1",
        "GET /echo/smuggled HTTP/1.1\r\nHost: a\r\nX-API-Key: " + GatewayHost.Key + "\r\n\r\n",
    ];

    public static Conversation Create(int seed, int number)
    {
        var random = new Random(HashCode(seed, number));
        return random.Next(100) switch
        {
            < 30 => WellFormed(random, number),
            < 65 => Hostile(random, number),
            < 92 => new Conversation(number, Mutate(random, Start(random, number) + Last), Expected: null, IsCut: false),
            _ => Cut(random, number),
        };
    }

    private static Conversation WellFormed(Random random, int number)
    {
        var requests = new WellFormedRequests(random, Conversation.AddressOf(number).ToString());
        var (text, expected) = (new StringBuilder(), new List<ExpectedAnswer>());
        for (var count = random.Next(8, 25); count > 0; count--)
            expected.Add(requests.Write(text));
        return new Conversation(number, text.ToString(), expected, IsCut: false);
    }

    private static Conversation Hostile(Random random, int number) =>
        new(number, Start(random, number) + HostileRequests.Create(random) + Last, Expected: null, IsCut: false);

    private static Conversation Cut(Random random, int number)
    {
        var text = Start(random, number) + HostileRequests.Create(random);
        return new Conversation(number, text[..random.Next(1, text.Length)], Expected: null, IsCut: true);
    }

    /// <summary>Up to three requests, of which most are good: what comes behind a refused one is often not looked at.</summary>
    private static string Start(Random random, int number)
    {
        var requests = new WellFormedRequests(random, Conversation.AddressOf(number).ToString()) { MayAskForHead = false };
        var text = new StringBuilder();
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            if (random.Next(4) == 0)
                text.Append(HostileRequests.Create(random));
            else
                requests.Write(text);
        }

        return text.ToString();
    }

    private static string Mutate(Random random, string text)
    {
        var bytes = new StringBuilder(text);
        for (var changes = random.Next(1, 5); changes > 0 && bytes.Length > 1; changes--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (char)(bytes[at] ^ (1 << random.Next(8)));
                    break;
                case 1:
                    bytes[at] = (char)random.Next(256);
                    break;
                case 2:
                    bytes.Remove(at, Math.Min(random.Next(1, 20), bytes.Length - at));
                    break;
                case 3:
                    bytes.Insert(random.Next(bytes.Length), bytes.ToString(at, Math.Min(random.Next(1, 60), bytes.Length - at)));
                    break;
                case 4:
                    bytes.Replace("\r\n", random.Next(2) == 0 ? "\n" : "\r", at, Math.Min(100, bytes.Length - at));
                    break;
                default:
                    bytes.Insert(at, s_splices[random.Next(s_splices.Length)]);
                    break;
            }
        }

        return bytes.ToString();
    }

    // Not HashCode.Combine, which is another one in each process.
    private static int HashCode(int seed, int number) => unchecked((seed * 16777619) ^ (number * (int)2654435761));
}
