using RankMyBrand.Tests.Gateway.Routing;

namespace RankMyBrand.Tests.Gateway.Http2;

/// <summary>Frames that cost the client nothing, in great numbers: they end with the connection, or are dealt with one by one and leave nothing behind.</summary>
public sealed class Http2FloodTests(Http2Fixture http2) : IClassFixture<Http2Fixture>
{
    private const int Frames = 10_000;
    private const FrameFlags Whole = FrameFlags.EndHeaders | FrameFlags.EndStream;

    /// <summary>A connection may have 100 streams, and as many more that have been reset and are not quite gone.</summary>
    private const int MostStreams = 200;

    /// <summary>How the server shows that it has enough; the last frame is lost when it closes while more is coming.</summary>
    private static readonly string[] s_ends = ["GOAWAY ENHANCE_YOUR_CALM", "closed"];

    // CVE-2023-44487: the server has enough of it at some point and closes.
    [Fact]
    public async Task Streams_ResetAsSoonAsOpened_EndTheConnection()
    {
        var stream = -1;
        await using var client = await Http2Client.ConnectAsync(http2.Gateway.Address);
        var outcome = client.OutcomeAsync(int.MaxValue);

        while (!outcome.IsCompleted && stream < 10 * Frames)
        {
            await client.WriteAsync([.. Enumerable.Range(0, 100).SelectMany(_ => Open(stream += 2).Concat(Reset(stream)))]);
            Assert.InRange(http2.InFlight("silent"), 0, MostStreams);
        }

        Assert.Contains((await outcome).What, s_ends);
        await http2.AssertServesAsync();
        await AssertNothingIsUnderWayAsync();
    }

    [Fact]
    public async Task Streams_ResetWhileTheirRequestsAreUnderWay_AreBoundedAndLeaveNothingBehind()
    {
        var stream = -1;
        await using var client = await Http2Client.ConnectAsync(http2.Gateway.Address);

        for (var round = 0; round < 10; round++)
        {
            var first = stream + 2;
            await client.WriteAsync([.. Enumerable.Range(0, 100).SelectMany(_ => Open(stream += 2))]);
            await RoutingHost.WaitUntilAsync(() => Task.FromResult(http2.InFlight("silent") == 100), "all requests are under way");
            await client.WriteAsync([.. Enumerable.Range(0, 100).SelectMany(i => Reset(first + (2 * i)))]);
            await AssertNothingIsUnderWayAsync();
        }

        await http2.AssertServesAsync();
    }

    // The 101st waits for none of the others: it is refused, and may come again.
    [Fact]
    public async Task Streams_MoreThanAllowedAtOnce_AreRefused()
    {
        await using (var client = await Http2Client.ConnectAsync(http2.Gateway.Address))
        {
            await client.WriteAsync([.. Enumerable.Range(0, 101).SelectMany(i => Open((2 * i) + 1))]);

            Assert.Equal("RST_STREAM REFUSED_STREAM", (await client.OutcomeAsync(201)).What);
            Assert.InRange(http2.InFlight("silent"), 0, 100);
            await http2.AssertServesAsync();
        }

        await AssertNothingIsUnderWayAsync();
    }

    [Fact]
    public async Task Streams_WhoseAnswersNobodyTakes_LeaveNothingBehind()
    {
        await using (var client = await Http2Client.ConnectAsync(http2.Gateway.Address))
        {
            // SETTINGS_INITIAL_WINDOW_SIZE = 0.
            await client.SendAsync(FrameType.Settings, FrameFlags.None, 0, 0, 4, 0, 0, 0, 0);
            await client.WriteAsync([.. Enumerable.Range(0, 100).SelectMany(i =>
                Http2Client.Encode(FrameType.Headers, Whole, (2 * i) + 1, HeaderBlock.Encode(Http2AttackTests.Good)))]);
            var answered = 0;
            while (answered < 100)
            {
                var frame = await client.ReadAsync();
                Assert.NotNull(frame);
                Assert.True(frame.Value.Type != FrameType.Data || frame.Value.Payload.Length == 0);
                answered += frame.Value.Type == FrameType.Headers ? 1 : 0;
            }

            await http2.AssertServesAsync();
        }

        await RoutingHost.WaitUntilAsync(() => Task.FromResult(http2.InFlight("test") == 0), "no request is under way any more");
    }

    [Theory]
    [InlineData(FrameType.Ping, 8)]
    [InlineData(FrameType.Settings, 0)]
    public async Task Frames_ThatAskForAnAnswer_GetOneEach(object type, int size)
    {
        var kind = (FrameType)type;
        await using var client = await Http2Client.ConnectAsync(http2.Gateway.Address);
        var sending = client.WriteAsync([.. Enumerable.Range(0, Frames).SelectMany(_ => Http2Client.Encode(kind, FrameFlags.None, 0, new byte[size]))]);

        for (var acknowledged = 0; acknowledged < Frames;)
        {
            var frame = await client.ReadAsync();
            Assert.True(frame is not null, $"The server has closed after {acknowledged} frames.");
            Assert.NotEqual(FrameType.GoAway, frame.Value.Type);
            acknowledged += frame.Value.Type == kind && frame.Value.Flags.HasFlag(FrameFlags.Ack) ? 1 : 0;
        }

        await sending;
        await http2.AssertServesAsync();
    }

    // Without fields there is nothing that could be too much; the time for headers is over at some point, and the server may have closed
    // before it comes to saying so.
    [Theory]
    [InlineData(true, "closed", "GOAWAY INTERNAL_ERROR")]
    [InlineData(false, "GOAWAY PROTOCOL_ERROR")]
    public async Task Continuations_WithoutEnd_EndTheConnection(bool isEmpty, params string[] expected)
    {
        http2.Backend.Requests.Clear();
        await using var client = await Http2Client.ConnectAsync(http2.Gateway.Address);
        await client.SendAsync(FrameType.Headers, FrameFlags.EndStream, 1, HeaderBlock.Encode(Http2AttackTests.Good));
        var outcome = client.OutcomeAsync();

        byte[] field = isEmpty ? [] : HeaderBlock.Encode(("x", new string('a', 100)));
        for (var batch = 0; batch < Frames / 100 && !outcome.IsCompleted; batch++)
            await client.WriteAsync([.. Enumerable.Range(0, 100).SelectMany(_ => Http2Client.Encode(FrameType.Continuation, FrameFlags.None, 1, field))]);

        Assert.Contains((await outcome).What, expected);
        Assert.Empty(http2.Backend.Requests);
        await http2.AssertServesAsync();
    }

    [Fact]
    public async Task Data_InEmptyFrames_IsARequestLikeAnyOther()
    {
        await using var client = await Http2Client.ConnectAsync(http2.Gateway.Address);
        await client.SendAsync(
            FrameType.Headers, FrameFlags.EndHeaders, 1, HeaderBlock.Encode(Http2AttackTests.Good.Select(field => field.Name == ":method" ? (":method", "POST") : field)));
        await client.WriteAsync([.. Enumerable.Range(0, Frames).SelectMany(_ => Http2Client.Encode(FrameType.Data, FrameFlags.None, 1, []))]);
        await client.SendAsync(FrameType.Data, FrameFlags.EndStream, 1);

        Assert.Equal(new Outcome("200", "hello"), await client.OutcomeAsync());
    }

    private static byte[] Open(int stream) => Http2Client.Encode(
        FrameType.Headers, Whole, stream, HeaderBlock.Encode(Http2AttackTests.Good.Select(field => field.Name == ":path" ? (":path", "/silent") : field)));

    private static byte[] Reset(int stream) => Http2Client.Encode(FrameType.Reset, FrameFlags.None, stream, [0, 0, 0, 8]);

    private Task AssertNothingIsUnderWayAsync() =>
        RoutingHost.WaitUntilAsync(() => Task.FromResult(http2.InFlight("silent") == 0), "no request is under way any more");
}
