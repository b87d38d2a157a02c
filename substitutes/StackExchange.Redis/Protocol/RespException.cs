namespace StackExchange.Redis;

/// <summary>What the server sent is not RESP, or not what the command answers.</summary>
internal sealed class RespException(string message) : Exception(message);
