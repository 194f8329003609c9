package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Reads the vote of a Kafka record: its value is what {@link VoteEventCodec} reads, and its headers
 * may make it a CloudEvent in <a
 * href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md">binary
 * mode</a>. Stateless and thread-safe.
 *
 * <p>It is one if it has the header {@code ce_id} or {@code ce_specversion}. Then it needs {@code
 * ce_specversion} 1.0 and {@code ce_id}, {@code ce_source} and {@code ce_type} that are not empty,
 * each once; {@code content-type}, if it is there, is {@code application/json}. The event's id is
 * {@link #eventId}; {@code eventId} in the value may be missing and must be the same otherwise. All
 * other headers, and those of other records, mean nothing here.
 */
public final class VoteRecord {

  /** Header: the version of CloudEvents, 1.0. */
  public static final String CE_SPECVERSION = "ce_specversion";

  /** Header: the event's id, unique with the source. */
  public static final String CE_ID = "ce_id";

  /** Header: where the event comes from, a URI reference. */
  public static final String CE_SOURCE = "ce_source";

  /** Header: what kind of event the producer calls it. */
  public static final String CE_TYPE = "ce_type";

  /** Header: the media type of the value. */
  public static final String CONTENT_TYPE = "content-type";

  private static final Set<String> NAMES =
      Set.of(CE_SPECVERSION, CE_ID, CE_SOURCE, CE_TYPE, CONTENT_TYPE);

  private static final String STRUCTURED = "application/cloudevents";
  private static final int MAX_CONTENT_TYPE_BYTES = 200;
  private static final byte[] NOTHING = {};

  /** RFC 9562, section 6.6: the namespace for names that are URLs. */
  private static final UUID URL_NAMESPACE = UUID.fromString("6ba7b811-9dad-11d1-80b4-00c04fd430c8");

  private VoteRecord() {}

  /**
   * The vote in the record.
   *
   * @throws MalformedVoteException if it is none; nothing else is thrown, whatever headers and
   *     value are
   */
  public static VoteEvent decode(Headers headers, byte @Nullable [] value)
      throws MalformedVoteException {
    // Nearly all records have none, and for those this makes nothing anew.
    Header[] all = headers.toArray();
    return VoteEventCodec.decode(value, all.length == 0 ? null : eventId(all));
  }

  /**
   * The id of a CloudEvent as that of a vote: {@code id} itself if it is a UUID, else the
   * name-based UUID (RFC 9562, version 5) of {@code id} in the namespace that is the one of {@code
   * source} among URLs. The same two always give the same.
   */
  public static UUID eventId(String source, String id) {
    UUID uuid = VoteEventCodec.uuid(id);
    return uuid == null ? nameBased(nameBased(URL_NAMESPACE, source), id) : uuid;
  }

  /** The id that the headers tell; null if the record is no CloudEvent. */
  private static @Nullable UUID eventId(Header[] headers) throws MalformedVoteException {
    Map<String, byte[]> attributes = null;
    String twice = null;
    for (Header header : headers) {
      String name = header.key();
      if (NAMES.contains(name)) {
        if (attributes == null) {
          attributes = new HashMap<>();
        }
        byte[] value = header.value();
        if (attributes.put(name, value == null ? NOTHING : value) != null) {
          twice = name;
        }
      }
    }
    return attributes == null ? null : eventId(attributes, twice);
  }

  private static @Nullable UUID eventId(Map<String, byte[]> attributes, @Nullable String twice)
      throws MalformedVoteException {
    String contentType = contentType(attributes.get(CONTENT_TYPE));
    // As the binding tells the modes apart.
    if (contentType.regionMatches(true, 0, STRUCTURED, 0, STRUCTURED.length())) {
      throw VoteEventCodec.structured(CONTENT_TYPE);
    }
    if (!attributes.containsKey(CE_ID) && !attributes.containsKey(CE_SPECVERSION)) {
      return null;
    }
    if (twice != null) {
      throw new MalformedVoteException(twice + ": there twice");
    }
    String specversion = text(attributes, CE_SPECVERSION);
    if (!specversion.equals("1.0")) {
      throw wrong(CE_SPECVERSION, "1.0", specversion);
    }
    String id = text(attributes, CE_ID);
    String source = text(attributes, CE_SOURCE);
    text(attributes, CE_TYPE);
    if (!isJson(contentType)) {
      throw wrong(CONTENT_TYPE, "application/json", contentType);
    }
    return eventId(source, id);
  }

  /** Its beginning: what follows are parameters, however many. */
  private static String contentType(byte @Nullable [] header) {
    return header == null
        ? "application/json"
        : new String(header, 0, Math.min(header.length, MAX_CONTENT_TYPE_BYTES), UTF_8);
  }

  private static boolean isJson(String contentType) {
    int parameters = contentType.indexOf(';');
    String mediaType = parameters < 0 ? contentType : contentType.substring(0, parameters);
    return mediaType.strip().equalsIgnoreCase("application/json");
  }

  private static String text(Map<String, byte[]> attributes, String name)
      throws MalformedVoteException {
    byte[] utf8 = attributes.get(name);
    if (utf8 == null) {
      throw new MalformedVoteException(name + ": missing");
    }
    if (utf8.length == 0) {
      throw new MalformedVoteException(name + ": empty");
    }
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedVoteException(name + ": not valid UTF-8", e);
    }
  }

  private static MalformedVoteException wrong(String name, String expected, String value) {
    return new MalformedVoteException(
        name + ": must be " + expected + ", is \"" + VoteEventCodec.excerpt(value) + '"');
  }

  private static UUID nameBased(UUID namespace, String name) {
    byte[] utf8 = name.getBytes(UTF_8);
    ByteBuffer text =
        ByteBuffer.allocate(16 + utf8.length)
            .putLong(namespace.getMostSignificantBits())
            .putLong(namespace.getLeastSignificantBits())
            .put(utf8)
            .flip();
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(text);
      ByteBuffer hash = ByteBuffer.wrap(sha1.digest());
      return new UUID(
          (hash.getLong() & ~0xF000L) | 0x5000L,
          (hash.getLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }
}
