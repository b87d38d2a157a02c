using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Execution;

namespace RankMyBrand.Tests.Substitutes.Execution;

public sealed class PortsTests
{
    [Fact]
    public void Reserve_ManyTimes_GivesEachPortOnceAndFree()
    {
        int[] ports = [.. Enumerable.Range(0, 50).Select(_ => Ports.Reserve())];

        Assert.Distinct(ports);
        Assert.All(ports, port => Assert.True(Ports.CanBind(port), $"Port {port} is taken."));
    }

    [Theory]
    [InlineData(1024, 65535)]
    [InlineData(15010, 64990)]
    public void Reserve_WhereTheKernelGivesAlmostAllPorts_GivesOneOfThem(int from, int to) =>
        Assert.All(Enumerable.Range(0, 50), _ => Assert.True(Ports.CanBind(Ports.Reserve((from, to)))));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void DescribeHolder_PortOfThisProcess_NamesIt(string address)
    {
        using TcpListener listener = new(IPAddress.Parse(address), Ports.Reserve());
        listener.Start();

        string? holder = Ports.DescribeHolder(((IPEndPoint)listener.LocalEndpoint).Port);

        Assert.Equal($"{ProcessTable.Name(Environment.ProcessId)} (pid {Environment.ProcessId})", holder);
    }

    [Fact]
    public void DescribeHolder_FreePort_IsNull() => Assert.Null(Ports.DescribeHolder(Ports.Reserve()));
}
