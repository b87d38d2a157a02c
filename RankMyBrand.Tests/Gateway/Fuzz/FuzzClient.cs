using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace RankMyBrand.Tests.Gateway.Fuzz;

/// <summary>Holds one conversation with the gateway, and checks each answer by what holds for all.</summary>
internal sealed class FuzzClient(IPEndPoint gateway, Conversation conversation)
{
    /// <summary>
    /// Without an answer for that long, the gateway waits for a part that will not come; only what ends by itself is counted exactly.
    /// </summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>What the server answers by itself, without a body, when what comes is not HTTP or too much of it.</summary>
    private static readonly HashSet<int> s_ofTheServer = [400, 405, 408, 411, 413, 414, 431, 505];

    private readonly string _client = conversation.Client.ToString();

    /// <summary>How many requests were answered.</summary>
    public int Answers { get; private set; }

    /// <summary>Whether the gateway has closed the connection in order, so that all answers are known.</summary>
    public bool IsComplete { get; private set; }

    /// <exception cref="FormatException">An answer breaks a rule.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(conversation.Client, 0));
        await socket.ConnectAsync(gateway, ct);
        await using var stream = new NetworkStream(socket);
        var sending = SendAsync(stream, ct);
        if (conversation.IsCut)
        {
            // Every second one goes without a goodbye (RST).
            await sending;
            socket.LingerState = new LingerOption(conversation.Number % 2 == 0, 0);
            return;
        }

        try
        {
            await ReadAsync(new StrictReader(stream), ct);
        }
        catch (Exception e) when (conversation.Expected is null
            && e is OperationCanceledException or (IOException and not EndOfStreamException))
        {
            // It waits for more, or it has closed while more was coming, and an answer may be lost.
        }

        socket.Close();
        await sending;
    }

    private async Task SendAsync(NetworkStream stream, CancellationToken ct)
    {
        var bytes = Encoding.Latin1.GetBytes(conversation.Text);
        try
        {
            // Cut in two at any place, which no reader may mind.
            var cut = conversation.Number % bytes.Length;
            await stream.WriteAsync(bytes.AsMemory(..cut), ct);
            await stream.WriteAsync(bytes.AsMemory(cut..), ct);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It has been refused before it was all sent.
        }
    }

    private async Task ReadAsync(StrictReader reader, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        while (conversation.Expected is null || Answers < conversation.Expected.Count)
        {
            patience.CancelAfter(conversation.Expected is null ? s_quiet : s_patience);
            if (await reader.ReadHeadAsync(patience.Token) is not { } head)
            {
                IsComplete = true;
                break;
            }

            var status = StatusOf(head);
            if (status == 100)
                continue;
            if (status == 101)
            {
                Answers++;
                return;
            }

            var expected = conversation.Expected?[Answers];
            var isWithout = expected is { HasBody: false } || status is 204 or 304;
            var isLast = head.Values("Connection").Contains("close", StringComparer.OrdinalIgnoreCase);
            var body = isWithout ? "" : await reader.ReadBodyAsync(head, endsWithConnection: isLast, patience.Token);
            Answers++;
            Check(head, status, body, isWithout);
            if (expected is not null)
                Compare(expected, status, body);
        }

        if (conversation.Expected is { } all && Answers < all.Count)
            throw new FormatException($"There are {Answers} answers to {all.Count} requests.");
    }

    private static int StatusOf(MessageHead head) =>
        head.StartLine is ['H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', >= '1' and <= '5', >= '0' and <= '9', >= '0' and <= '9', ' ', ..]
            ? int.Parse(head.StartLine.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture)
            : throw new FormatException($"The answer begins with '{head.StartLine}'.");

    private void Check(MessageHead head, int status, string body, bool isWithout)
    {
        // 505 is what a version of HTTP gets that there is not.
        if (status >= 500 && status != 505)
            throw new FormatException($"The answer is {head.StartLine}: {body}");
        // An answer of the backend to another client.
        if (body.StartsWith("127.", StringComparison.Ordinal) && !body.StartsWith($"{_client} ", StringComparison.Ordinal))
            throw new FormatException($"The answer is for another client: {body}");
        if (body.Length == 0 && s_ofTheServer.Contains(status) && head.Value("Content-Type") is null && !isWithout)
        {
            if (!head.Values("Connection").SequenceEqual(["close"]))
                throw new FormatException($"The answer {status} of the server itself does not end the connection.");
            return;
        }

        if (head.Value("X-Content-Type-Options") != "nosniff")
            throw new FormatException($"The answer {status} lacks the security headers.");
        if (status < 400 || isWithout)
            return;
        if (head.Value("Content-Type") != "application/problem+json")
            throw new FormatException($"The refusal {status} is no problem: {head.Value("Content-Type")}: {body}");
        using var problem = JsonDocument.Parse(Encoding.Latin1.GetBytes(body));
        if (problem.RootElement.GetProperty("code").GetString() is not { Length: > 0 }
            || problem.RootElement.GetProperty("status").GetInt32() != status)
            throw new FormatException($"The refusal {status} has no code, or another status in it: {body}");
    }

    private void Compare(ExpectedAnswer expected, int status, string body)
    {
        if (status != expected.Status
            || (expected.Code is not null && !body.Contains($"\"code\":\"{expected.Code}\"", StringComparison.Ordinal))
            || (expected.Echo is not null && body != expected.Echo))
        {
            throw new FormatException($"Answer {Answers} is {status}: {body}\n  Expected: {expected}");
        }
    }
}
